/** Applications in the same server that inject the beans, with the WAR or with the classes jar. */
package io.github.claudejakarta.it.beans;
