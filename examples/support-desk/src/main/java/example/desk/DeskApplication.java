package example.desk;

import io.github.claudejakarta.binding.ClaudeExceptionMapper;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import jakarta.ws.rs.ext.Provider;

/** The resources of the support desk, below {@code /api}. */
@ApplicationPath("api")
public class DeskApplication extends Application {

    /** Makes a response of each {@code ClaudeException} that a resource does not catch. */
    @Provider
    public static class Errors extends ClaudeExceptionMapper {}
}
