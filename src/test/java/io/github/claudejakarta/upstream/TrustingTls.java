package io.github.claudejakarta.upstream;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** TLS for clients that trust every server, since the servers of the tests have self-signed certificates. */
public final class TrustingTls extends X509ExtendedTrustManager {

    private final AtomicBoolean isBroken;

    private TrustingTls(AtomicBoolean isBroken) {
        this.isBroken = isBroken;
    }

    /** Trusts every server. */
    public static SSLContext context() throws GeneralSecurityException {
        return contextFailingWhile(new AtomicBoolean());
    }

    /** Trusts every server, and fails with an {@code Error} while the flag is true. */
    public static SSLContext contextFailingWhile(AtomicBoolean isBroken) throws GeneralSecurityException {
        var context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustingTls(isBroken)}, null);
        return context;
    }

    private void trust() {
        if (isBroken.get()) {
            throw new StackOverflowError("for the test");
        }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
        trust();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
        trust();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
        trust();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {
        trust();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
        trust();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
        trust();
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
