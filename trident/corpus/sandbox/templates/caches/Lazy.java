// A value that is worked out the first time somebody asks for it.
//# Lazy = name("Lazy", "Deferred", "OnDemand", "Later")
//# lazy = lower(Lazy)
//# source = name("source", "supplier", "maker", "factory")
//# get = name("get", "value", "ask", "resolve")
//# isReady = name("isReady", "isDone", "loaded")
public class $Lazy$<T> {
    private Supplier<T> $source$;
    private T result;

    public $Lazy$(Supplier<T> $source$) {
        this.$source$ = $source$;
    }

    public T $get$() {
        if ($source$ != null) {
            result = $source$.get();
            $source$ = null;
        }
        return result;
    }

    public boolean $isReady$() {
        return $source$ == null;
    }

    public <R> $Lazy$<R> map(Function<T, R> change) {
        return new $Lazy$<>(() -> change.apply($get$()));
    }

    public T orElse(T other) {
        T value = $get$();
        return value == null ? other : value;
    }
}

class $Lazy$Test {
    //# text = word()
    //@ focal $get$
    @Test
    public void readyAfterTheFirstCall() {
        $Lazy$<String> $lazy$ = new $Lazy$<>(() -> $text$);
        assertFalse($lazy$.$isReady$());
        assertEquals($text$, $lazy$.$get$());
        assertTrue($lazy$.$isReady$());
    }

    //# kind = choice(["ArrayList", "LinkedList"])
    //# Made = code(kind)
    //# item = integer(0, 60)
    //@ focal $get$
    @Test
    public void givesTheSameObjectAgain() {
        $Lazy$<List<Integer>> $lazy$ = new $Lazy$<>(() -> new $Made$<>());
        List<Integer> made = $lazy$.$get$();
        assertNotNull(made);
        made.add($item$);
        assertSame(made, $lazy$.$get$());
        assertThat($lazy$.$get$(), hasItem($item$));
    }

    //# start = integer(0, 40)
    //# more = integer(1, 20)
    //# result = start + more
    //@ focal map
    @Test
    public void mapsTheValue() {
        $Lazy$<Integer> $lazy$ = new $Lazy$<>(() -> $start$);
        $Lazy$<Integer> mapped = $lazy$.map(n -> n + $more$);
        assertNotNull(mapped);
        assertEquals($result$, (int) mapped.$get$());
    }

    //# text, other = words(2)
    //@ focal orElse
    @Test
    public void replacesNull() {
        $Lazy$<String> nothing = new $Lazy$<>(() -> null);
        assertEquals($other$, nothing.orElse($other$));
        assertEquals($text$, new $Lazy$<>(() -> $text$).orElse($other$));
    }
}
