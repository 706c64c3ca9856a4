// The result of something that may fail: either a value or the reason why there is none.
//# Result = name("Result", "Outcome", "Attempt", "Either")
//# result = lower(Result)
//# ok = name("ok", "success", "of")
//# failed = name("failed", "error", "failure")
//# orElse = name("orElse", "getOr", "valueOr")
//# OrElse = upper(orElse)
public class $Result$<T> {
    private final T value;
    private final String reason;

    private $Result$(T value, String reason) {
        this.value = value;
        this.reason = reason;
    }

    public static <T> $Result$<T> $ok$(T value) {
        return new $Result$<>(value, null);
    }

    public static <T> $Result$<T> $failed$(String reason) {
        return new $Result$<>(null, reason);
    }

    public T $orElse$(T other) {
        return reason == null ? value : other;
    }

    public T get() {
        if (reason != null) {
            throw new IllegalStateException(reason);
        }
        return value;
    }

    public <R> $Result$<R> map(Function<T, R> change) {
        if (reason != null) {
            return $failed$(reason);
        }
        return $ok$(change.apply(value));
    }

    public boolean isOk() {
        return reason == null;
    }

    public String getReason() {
        return reason;
    }
}

class $Result$Test {
    //# item = word()
    //@ focal $ok$
    @Test
    public void $ok$HoldsTheValue() {
        $Result$<String> $result$ = $Result$.$ok$($item$);
        assertNotNull($result$);
        assertTrue($result$.isOk());
        assertEquals($item$, $result$.get());
        assertNull($result$.getReason());
    }

    //# adjective = choice(["wrong", "missing", "broken", "unknown", "old"])
    //# noun = choice(["key", "file", "name", "card", "door", "code"])
    //# why = adjective + " " + noun
    //@ focal $failed$
    @Test
    public void $failed$HoldsTheReason() {
        $Result$<String> $result$ = $Result$.$failed$($why$);
        assertFalse($result$.isOk());
        assertNotNull($result$.getReason());
        assertEquals($why$, $result$.getReason());
    }

    //# ws = words(3)
    //# a = ws[0]
    //# b = ws[1]
    //# why = ws[2]
    //@ focal $orElse$
    @Test
    public void test$OrElse$() {
        $Result$<String> good = $Result$.$ok$($a$);
        $Result$<String> bad = $Result$.$failed$($why$);
        assertEquals($a$, good.$orElse$($b$));
        assertEquals($b$, bad.$orElse$($b$));
    }

    //# adjective = choice(["wrong", "missing", "broken", "unknown", "old"])
    //# noun = choice(["key", "file", "name", "card", "door", "code"])
    //# why = adjective + " " + noun
    //@ focal get
    @Test
    public void getThrowsWithoutAValue() {
        $Result$<Integer> $result$ = $Result$.$failed$($why$);
        Exception thrown = assertThrows(IllegalStateException.class, () -> $result$.get());
        assertEquals($why$, thrown.getMessage());
    }

    //# n = integer(1, 30)
    //# k = integer(1, 20)
    //# mapped = n + k
    //@ focal map
    @Test
    public void mapChangesTheValue() {
        $Result$<Integer> $result$ = $Result$.$ok$($n$);
        int mapped = $result$.map(x -> x + $k$).get();
        assertEquals($mapped$, mapped);
    }
}
