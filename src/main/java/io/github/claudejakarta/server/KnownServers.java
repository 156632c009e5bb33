package io.github.claudejakarta.server;

/** Chooses the class of the server that this application runs on. A new server gets a line here. */
final class KnownServers {

    static final ApplicationServer CURRENT = of(KnownServers.class.getClassLoader());

    private KnownServers() {}

    /** @param applications loads applications; its class is the server's own, and shows which server it is */
    static ApplicationServer of(ClassLoader applications) {
        return applications.getClass().getName().startsWith(Liberty.CLASSES) ? new Liberty() : new PortableServer();
    }
}
