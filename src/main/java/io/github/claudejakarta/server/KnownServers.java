package io.github.claudejakarta.server;

/**
 * Chooses the class for the server that this application runs on. Each server with a class of its own has a line here.
 */
final class KnownServers {

    static final ApplicationServer CURRENT = of(KnownServers.class.getClassLoader());

    private KnownServers() {}

    /**
     * Returns the server that loads applications with this class loader.
     *
     * @param applications its class belongs to the server, and identifies it
     */
    static ApplicationServer of(ClassLoader applications) {
        return applications.getClass().getName().startsWith(Liberty.CLASSES) ? new Liberty() : new PortableServer();
    }
}
