/**
 * The JAX-RS application, and the paths of our own resources and filters.
 *
 * <p>The resources themselves are in the packages of the beans whose internals they use. They have no {@code @Path} of
 * their own, so no container serves them. The WAR has this package and the classes jar does not: an application that
 * injects the beans serves none of our resources over HTTP.
 */
package io.github.claudejakarta.rest;
