// A turnstile that lets one person through for each coin and counts the people who passed.
//# Turnstile = name("Turnstile", "Barrier", "EntryGate", "Gate")
//# gate = name("gate", "entrance", "turnstile")
//# pay = name("insertCoin", "pay", "coin", "unlock")
//# push = name("push", "enter", "pass", "walkThrough")
//# passed = name("passed", "visitors", "people")
//# Pay = upper(pay)
public class $Turnstile$ {
    private boolean open;
    private int takings;
    private int $passed$;

    public $Turnstile$(int $passed$) {
        this.$passed$ = $passed$;
    }

    public int $pay$(int coin) {
        open = true;
        takings += coin;
        return takings;
    }

    public boolean $push$() {
        if (!open) {
            return false;
        }
        open = false;
        $passed$++;
        return true;
    }

    public boolean isOpen() {
        return open;
    }

    public int $passed$() {
        return $passed$;
    }
}

class $Turnstile$Test {
    //# before = integer(0, 40)
    //# after = before + 1
    //@ focal $push$
    @Test
    public void $push$LetsOnePersonThrough() {
        $Turnstile$ $gate$ = new $Turnstile$($before$);
        $gate$.$pay$(1);
        assertTrue($gate$.$push$());
        assertEquals($after$, $gate$.$passed$());
    }

    //# before = integer(0, 40)
    //@ focal $push$
    @Test
    public void closedWithoutCoin() {
        $Turnstile$ $gate$ = new $Turnstile$($before$);
        assertFalse($gate$.$push$());
        assertEquals($before$, $gate$.$passed$());
    }

    //# coin = integer(1, 5)
    //@ focal $push$
    @Test
    public void closesBehindThePerson() {
        $Turnstile$ $gate$ = new $Turnstile$(0);
        $gate$.$pay$($coin$);
        $gate$.$push$();
        assertFalse("must close again", $gate$.isOpen());
    }

    //# first = integer(1, 20)
    //# second = integer(1, 20)
    //# total = first + second
    //@ focal $pay$
    @Test
    public void test$Pay$AddsUp() {
        $Turnstile$ $gate$ = new $Turnstile$(3);
        assertEquals($first$, $gate$.$pay$($first$));
        assertEquals($total$, $gate$.$pay$($second$));
        assertTrue($gate$.isOpen());
    }
}
