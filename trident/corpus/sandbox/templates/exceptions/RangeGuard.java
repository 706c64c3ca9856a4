// A guard that lets numbers between two bounds pass and refuses the others.
//# Guard = name("Guard", "RangeGuard", "Limits", "BoundsCheck")
//# guard = name("guard", "limits", "checker")
//# check = name("check", "require", "ensure", "verify")
//# clamp = name("clamp", "limit", "correct", "fit")
//# refused = name("refused", "rejected", "failures")
public class $Guard$ {
    private final int low;
    private final int high;
    private int $refused$;

    public $Guard$(int low, int high) {
        this.low = low;
        this.high = high;
    }

    public int $check$(int number) {
        if (number < low || number > high) {
            $refused$++;
            throw new IllegalArgumentException(number + " is out of range");
        }
        return number;
    }

    public int $clamp$(int number) {
        if (number < low) {
            return low;
        }
        return number > high ? high : number;
    }

    public int $refused$() {
        return $refused$;
    }
}

class $Guard$Test {
    //# low = integer(0, 15)
    //# high = low + integer(5, 30)
    //# inside = integer(low, high)
    //@ focal $check$
    @Test
    public void $check$LetsGoodNumbersPass() {
        $Guard$ $guard$ = new $Guard$($low$, $high$);
        assertEquals($inside$, $guard$.$check$($inside$));
        assertEquals(0, $guard$.$refused$());
    }

    //# low = integer(5, 15)
    //# high = low + integer(5, 30)
    //# outside = choice([low - integer(1, 5), high + integer(1, 9)])
    //# message = f"{outside} is out of range"
    //@ focal $check$
    @Test
    public void theMessageNamesTheNumber() {
        $Guard$ $guard$ = new $Guard$($low$, $high$);
        Exception e = assertThrows(IllegalArgumentException.class, () -> $guard$.$check$($outside$));
        assertNotNull(e.getMessage());
        assertEquals($message$, e.getMessage());
        assertEquals(1, $guard$.$refused$());
    }

    //# low = integer(5, 15)
    //# high = low + integer(5, 30)
    //# under = low - integer(1, 9)
    //# over = high + integer(1, 9)
    //@ focal $clamp$
    @Test
    public void $clamp$GoesToTheNearestBound() {
        $Guard$ $guard$ = new $Guard$($low$, $high$);
        assertEquals($low$, $guard$.$clamp$($under$));
        assertEquals($high$, $guard$.$clamp$($over$));
    }

    //# low = integer(0, 9)
    //# high = low + integer(8, 30)
    //# x = integer(low, high)
    //# text = f"keeps {x}"
    //@ focal $clamp$
    @Test
    public void inRangeStaysAsItIs() {
        int result = new $Guard$($low$, $high$).$clamp$($x$);
        assertEquals($text$, $x$, result);
        assertTrue(result >= $low$);
    }
}
