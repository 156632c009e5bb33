package io.github.claudejakarta.it.hardening;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Application;
import java.util.ArrayList;
import java.util.List;

/** Another application, which uses all available memory. */
@ApplicationPath("/")
public class HoardingApplication extends Application {

    /** Uses all memory in the thread of its request. The thread survives the Error, but the server should not. */
    @Path("/hoard")
    public static class Hoard {

        private static final int MEGABYTE = 1 << 20;

        @GET
        public String all() {
            List<byte[]> taken = new ArrayList<>();
            while (true) {
                taken.add(new byte[MEGABYTE]);
            }
        }
    }
}
