package trident$;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.engine.JupiterTestEngine;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.runner.Description;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/** Runs test methods of JUnit 5. jvm.py compiles it where JUnit 5 is on the class path. */
final class Jupiter implements Worker.Engine {
    private final Launcher launcher = LauncherFactory.create(LauncherConfig.builder()
            .enableTestEngineAutoRegistration(false)
            .enableTestExecutionListenerAutoRegistration(false)
            .addTestEngines(new JupiterTestEngine())
            .build());

    @Override
    public boolean run(Class<?> test, String method, RunListener listener) {
        List<DiscoverySelector> selectors = new ArrayList<>();
        for (Method one : test.getDeclaredMethods()) {
            if (one.getName().equals(method)) {
                selectors.add(DiscoverySelectors.selectMethod(test, one));
            }
        }
        TestPlan plan = launcher.discover(LauncherDiscoveryRequestBuilder.request().selectors(selectors).build());
        if (!plan.containsTests()) {
            return false;
        }
        launcher.execute(plan, new Events(listener));
        return true;
    }

    /** Tells a listener of JUnit 4. A test with parameters is finished each time, and fails if it does so once. */
    private static final class Events implements TestExecutionListener {
        private final RunListener listener;

        Events(RunListener listener) {
            this.listener = listener;
        }

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            tell(() -> listener.testIgnored(Description.EMPTY));
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            tell(() -> {
                if (result.getThrowable().isPresent()) {
                    Failure failure = new Failure(Description.EMPTY, result.getThrowable().get());
                    if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
                        listener.testAssumptionFailure(failure);
                    } else {
                        listener.testFailure(failure);
                    }
                }
                if (test.isTest()) {
                    listener.testFinished(Description.EMPTY);
                }
            });
        }

        private interface Event {
            void happen() throws Exception;
        }

        private static void tell(Event event) {
            try {
                event.happen();
            } catch (Exception never) {
                throw new IllegalStateException(never);
            }
        }
    }
}
