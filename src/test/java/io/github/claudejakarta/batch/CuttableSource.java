package io.github.claudejakarta.batch;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;

/** A database that can be taken away from one server, while others go on with it. */
final class CuttableSource {

    private final AtomicBoolean isCut = new AtomicBoolean();
    private final DataSource source;

    CuttableSource(DataSource whole) {
        source = (DataSource) Proxy.newProxyInstance(CuttableSource.class.getClassLoader(), new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
                if (isCut.get()) {
                    throw new SQLException("cut by the test");
                }
                try {
                    return method.invoke(whole, arguments);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            });
    }

    DataSource source() {
        return source;
    }

    void cut() {
        isCut.set(true);
    }

    void mend() {
        isCut.set(false);
    }
}
