/**
 * What JAX-RS finds and serves: the application, and the resources and filters of other packages with their paths and
 * annotations. The WAR has this package, the classes jar does not: an application that injects the beans serves nothing
 * of them over HTTP.
 *
 * <p>The resources themselves are beside the beans whose internals they use. They have no {@code @Path} of their own,
 * so no container serves them.
 */
package io.github.claudejakarta.rest;
