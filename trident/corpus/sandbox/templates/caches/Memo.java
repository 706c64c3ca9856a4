// Remembers the results of a function, so that each argument is worked out only once.
//# Memo = name("Memo", "Memoizer", "Remembering", "CachedFunction")
//# memo = name("memo", "cached", "fn", "function")
//# known = name("known", "results", "seen", "table")
//# apply = name("apply", "of", "compute", "call")
//# misses = name("misses", "calls", "computed")
public class $Memo$ {
    private final Map<Integer, Integer> $known$ = new HashMap<>();
    private final IntUnaryOperator work;
    private int $misses$;

    public $Memo$(IntUnaryOperator work) {
        this.work = work;
    }

    public int $apply$(int x) {
        if (!$known$.containsKey(x)) {
            $misses$++;
            $known$.put(x, work.applyAsInt(x));
        }
        return $known$.get(x);
    }

    public int $misses$() {
        return $misses$;
    }

    public boolean knows(int x) {
        return $known$.containsKey(x);
    }

    public void forget(int x) {
        $known$.remove(x);
    }
}

class $Memo$Test {
    //# x = integer(0, 40)
    //# more = integer(1, 12)
    //# result = x + more
    //@ focal $apply$
    @Test
    public void worksOutOnce() {
        $Memo$ $memo$ = new $Memo$(n -> n + $more$);
        assertEquals($result$, $memo$.$apply$($x$));
        assertEquals($result$, $memo$.$apply$($x$));
        assertEquals("one miss", 1, $memo$.$misses$());
    }

    //# x = integer(1, 12)
    //# factor = integer(2, 6)
    //# result = x * factor
    //@ focal $apply$
    @Test
    public void appliesTheFunction() {
        IntUnaryOperator work = n -> n * $factor$;
        $Memo$ $memo$ = new $Memo$(work);
        assertEquals($result$, $memo$.$apply$($x$));
        assertTrue($memo$.knows($x$));
    }

    //# a, b, c = integers(3, 0, 3)
    //# asked = len(set([a, b, c]))
    //# i = name("x", "n", "i")
    //@ focal $apply$
    @Test
    public void countsDifferentArguments() {
        $Memo$ $memo$ = new $Memo$($i$ -> $i$ + 1);
        $memo$.$apply$($a$);
        $memo$.$apply$($b$);
        $memo$.$apply$($c$);
        assertEquals($asked$, $memo$.$misses$());
    }

    //# x = integer(0, 60)
    //# less = integer(1, 9)
    //@ focal forget
    @Test
    public void forgottenIsWorkedOutAgain() {
        $Memo$ $memo$ = new $Memo$(n -> n - $less$);
        $memo$.$apply$($x$);
        $memo$.forget($x$);
        assertFalse($memo$.knows($x$));
        $memo$.$apply$($x$);
        assertEquals("worked out twice", 2, $memo$.$misses$());
    }
}
