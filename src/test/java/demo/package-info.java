/** The examples of README.md and docs/application.md, exactly as the documents show them. */
package demo;
