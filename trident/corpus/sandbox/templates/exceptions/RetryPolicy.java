// Decides whether something that went wrong is tried again, and after how long a pause.
//# RetryPolicy = name("RetryPolicy", "Retry", "Backoff", "Patience")
//# policy = name("policy", "retry", "rule")
//# again = name("shouldRetry", "tryAgain", "again", "mayRepeat")
//# pause = name("pause", "delay", "waitTime", "backoff")
//# run = name("run", "attempt", "execute")
//# Run = upper(run)
public class $RetryPolicy$ {
    private final int most;

    public $RetryPolicy$(int most) {
        this.most = most;
    }

    public boolean $again$(int attempt, Exception problem) {
        if (problem instanceof IllegalArgumentException) {
            return false;
        }
        return attempt < most;
    }

    public int $pause$(int attempt) {
        int seconds = 1;
        for (int i = 1; i < attempt; i++) {
            seconds *= 2;
        }
        return Math.min(seconds, 60);
    }

    public int $run$(Runnable task) {
        int failures = 0;
        while (failures < most) {
            try {
                task.run();
                return failures;
            } catch (RuntimeException e) {
                failures++;
            }
        }
        return -1;
    }
}

class $RetryPolicy$Test {
    //# most = integer(3, 20)
    //# attempt = integer(1, most + 2)
    //# verdict = code("assertTrue" if attempt < most else "assertFalse")
    //@ focal $again$
    @Test
    public void stopsAtTheLimit() {
        $RetryPolicy$ $policy$ = new $RetryPolicy$($most$);
        Exception problem = new IllegalStateException("busy");
        $verdict$($policy$.$again$($attempt$, problem));
        assertFalse($policy$.$again$($most$, problem));
    }

    //# most = integer(5, 20)
    //# early = integer(1, 4)
    //# why = choice(["bad input", "no name", "negative"])
    //@ focal $again$
    @Test
    public void badArgumentsStayBad() {
        $RetryPolicy$ $policy$ = new $RetryPolicy$($most$);
        assertFalse($policy$.$again$($early$, new IllegalArgumentException($why$)));
    }

    //# n = integer(1, 6)
    //# seconds = 2 ** (n - 1)
    //# many = integer(8, 20)
    //@ focal $pause$
    @Test
    public void $pause$Doubles() {
        $RetryPolicy$ $policy$ = new $RetryPolicy$(3);
        assertEquals($seconds$, $policy$.$pause$($n$));
        assertEquals(60, $policy$.$pause$($many$));
    }

    //# most = integer(1, 40)
    //@ focal $run$
    @Test
    public void test$Run$WithoutTrouble() {
        $RetryPolicy$ $policy$ = new $RetryPolicy$($most$);
        assertEquals(0, $policy$.$run$(() -> { }));
    }

    //# most = integer(1, 12)
    //@ focal $run$
    @Test
    public void givesUpInTheEnd() {
        List<Integer> calls = new ArrayList<>();
        int result = new $RetryPolicy$($most$).$run$(() -> {
            calls.add(1);
            throw new IllegalStateException();
        });
        assertEquals("gave up", -1, result);
        assertEquals($most$, calls.size());
    }
}
