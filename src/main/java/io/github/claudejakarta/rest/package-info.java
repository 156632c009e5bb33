/**
 * The JAX-RS application, and the paths of this module's resources and filters.
 *
 * <p>The resources themselves are in the packages of the beans whose internals they use. They have no {@code @Path}
 * annotation, so no container serves them. The WAR has this package and the classes jar does not. Therefore an
 * application that injects the beans does not serve these resources over HTTP.
 */
package io.github.claudejakarta.rest;
