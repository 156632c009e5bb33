/** The examples of the README, as they are there. */
package demo;
