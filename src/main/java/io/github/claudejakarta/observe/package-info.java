/** What the application says about itself: health. It looks at the others and is never called by them. */
package io.github.claudejakarta.observe;
