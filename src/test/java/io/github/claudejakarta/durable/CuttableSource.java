package io.github.claudejakarta.durable;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;

/** A database that a test can disconnect from one server while others continue to use it. */
public final class CuttableSource {

    private final AtomicBoolean isCut = new AtomicBoolean();
    private final DataSource source;

    public CuttableSource(DataSource whole) {
        source = (DataSource) Proxy.newProxyInstance(
                CuttableSource.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
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

    public DataSource source() {
        return source;
    }

    public void cut() {
        isCut.set(true);
    }

    public void mend() {
        isCut.set(false);
    }
}
