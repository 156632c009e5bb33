package io.github.claudejakarta.it.hardening;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Application;
import java.util.ArrayList;
import java.util.List;

/** An application of somebody else's that takes all the memory there is. */
@ApplicationPath("/")
public class HoardingApplication extends Application {

    /** Takes it in the request's own thread, which survives the Error; the server should not. */
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
