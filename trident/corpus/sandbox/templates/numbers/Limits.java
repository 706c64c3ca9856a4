// A range of allowed numbers, both ends included.
//# Limits = name("Limits", "Bounds", "Interval", "IntRange")
//# limits = lower(Limits)
//# clamp = name("clamp", "limit", "fit", "bound")
//# allows = name("allows", "contains", "accepts", "holds")
//# widen = name("widen", "include", "extend", "stretchTo")
//# low = name("low", "min", "from", "lower")
//# high = name("high", "max", "to", "upper")
public class $Limits$ {
    private int $low$;
    private int $high$;

    public $Limits$(int $low$, int $high$) {
        this.$low$ = $low$;
        this.$high$ = $high$;
    }

    public int $low$() {
        return $low$;
    }

    public int $high$() {
        return $high$;
    }

    public boolean $allows$(int value) {
        return $low$ <= value && value <= $high$;
    }

    public int $clamp$(int value) {
        if (value < $low$) {
            return $low$;
        }
        return value > $high$ ? $high$ : value;
    }

    public void $widen$(int value) {
        $low$ = Math.min($low$, value);
        $high$ = Math.max($high$, value);
    }

    public int size() {
        return $high$ - $low$ + 1;
    }

    public int[] toArray() {
        int[] values = new int[size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = $low$ + i;
        }
        return values;
    }
}

class $Limits$Test {
    //# a = integer(1, 20)
    //# b = a + integer(1, 30)
    //# below = a - integer(1, 9)
    //# inside = integer(a, b)
    //# above = b + integer(1, 9)
    //@ focal $clamp$
    @Test
    public void $clamp$KeepsTheEnds() {
        $Limits$ $limits$ = new $Limits$($a$, $b$);
        assertEquals($a$, $limits$.$clamp$($below$));
        assertEquals($inside$, $limits$.$clamp$($inside$));
        assertEquals($b$, $limits$.$clamp$($above$));
    }

    //# a = integer(1, 20)
    //# b = a + integer(1, 30)
    //# inside = integer(a, b)
    //# outside = choice([a - 1, b + 1, b + integer(2, 9)])
    //# some = choice([inside, outside])
    //# verdict = code("assertTrue" if a <= some <= b else "assertFalse")
    //# message = choice(["compare both ends", "in between or not", "the two ends decide"])
    //@ focal $allows$
    @Test
    public void $allows$WhatLiesBetween() {
        $Limits$ $limits$ = new $Limits$($a$, $b$);
        assertTrue($limits$.$allows$($a$));
        $verdict$($message$, $limits$.$allows$($some$));
    }

    //# a = integer(5, 20)
    //# b = a + integer(1, 20)
    //# c = b + integer(1, 20)
    //@ focal $widen$
    @Test
    public void $widen$MovesOneEnd() {
        $Limits$ $limits$ = new $Limits$($a$, $b$);
        $limits$.$widen$($c$);
        assertEquals($a$, $limits$.$low$());
        assertEquals($c$, $limits$.$high$());
    }

    //# a = integer(0, 30)
    //# n = integer(1, 20)
    //# b = a + n - 1
    //@ focal size
    @Test
    public void sizeCountsBothEnds() {
        assertEquals($n$, new $Limits$($a$, $b$).size());
        assertEquals(1, new $Limits$($a$, $a$).size());
    }

    //# a = integer(-5, 40)
    //# n = integer(2, 5)
    //# b = a + n - 1
    //# all_ = list(range(a, b + 1))
    //@ focal toArray
    @Test
    public void everyNumberFromLowToHigh() {
        $Limits$ $limits$ = new $Limits$($a$, $b$);
        assertArrayEquals(new int[] {$all_$}, $limits$.toArray());
    }
}
