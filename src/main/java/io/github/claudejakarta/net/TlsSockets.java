package io.github.claudejakarta.net;

import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SSLContext;
import org.apache.hc.client5.http.ssl.SSLConnectionSocketFactory;
import org.apache.hc.core5.http.protocol.HttpContext;

/**
 * TLS sockets of HttpClient. They compare certificates with the encoded name of the host ({@link Host}), as
 * certificates contain it. HttpCore would compare the decoded name.
 *
 * <p>Safe for use by many threads.
 */
public final class TlsSockets extends SSLConnectionSocketFactory {

    /** @param context decides which servers are trusted */
    public TlsSockets(SSLContext context) {
        super(context);
    }

    @Override
    public Socket createLayeredSocket(Socket socket, String target, int port, Object attachment, HttpContext context)
            throws IOException {
        return super.createLayeredSocket(socket, Host.encoded(target), port, attachment, context);
    }
}
