// A fraction of whole numbers, kept in lowest terms.
//# Fraction = name("Fraction", "Ratio", "Rational", "Quotient")
//# fraction = name("fraction", "ratio", "half", "q")
//# times = name("times", "multiply", "scaleBy", "of")
//# top = name("getTop", "numerator", "top", "upper")
//# bottom = name("getBottom", "denominator", "bottom", "under")
//# invert = name("invert", "inverse", "flip", "reciprocal")
public class $Fraction$ {
    private final int top;
    private final int bottom;

    public $Fraction$(int top, int bottom) {
        int divisor = gcd(top, bottom);
        this.top = top / divisor;
        this.bottom = bottom / divisor;
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    public int $top$() {
        return top;
    }

    public int $bottom$() {
        return bottom;
    }

    public $Fraction$ $times$(int k) {
        return new $Fraction$(top * k, bottom);
    }

    public $Fraction$ $invert$() {
        if (top == 0) {
            throw new ArithmeticException("zero");
        }
        return new $Fraction$(bottom, top);
    }

    public boolean isWhole() {
        return top % bottom == 0;
    }

    public double toDouble() {
        return (double) top / bottom;
    }

    @Override
    public String toString() {
        return top + "/" + bottom;
    }
}

class $Fraction$Test {
    //# a = integer(1, 20)
    //# b = integer(2, 20)
    //# require math.gcd(a, b) == 1
    //# k = integer(2, 4)
    //# require math.gcd(k, b) == 1
    //# n = a * k
    //@ focal $times$
    @Test
    public void $times$ANumber() {
        $Fraction$ $fraction$ = new $Fraction$($a$, $b$);
        $Fraction$ more = $fraction$.$times$($k$);
        assertNotSame($fraction$, more);
        assertEquals($n$, more.$top$());
        assertEquals($b$, more.$bottom$());
    }

    //# a = integer(1, 30)
    //# b = integer(2, 30)
    //# require math.gcd(a, b) == 1
    //# text = f"{a}/{b}"
    //@ focal toString
    @Test
    public void testToString() {
        $Fraction$ $fraction$ = new $Fraction$($a$, $b$);
        assertNotNull($fraction$.toString());
        assertEquals($text$, $fraction$.toString());
    }

    //# a = integer(1, 30)
    //# b = integer(1, 30)
    //# require math.gcd(a, b) == 1
    //@ focal $invert$
    @Test
    public void $invert$SwapsTopAndBottom() {
        $Fraction$ $fraction$ = new $Fraction$($a$, $b$).$invert$();
        assertNotNull($fraction$);
        assertEquals($b$, $fraction$.$top$());
        assertEquals($a$, $fraction$.$bottom$());
    }

    //# b = integer(1, 30)
    //@ focal $invert$
    @Test
    public void zeroHasNoInverse() {
        $Fraction$ zero = new $Fraction$(0, $b$);
        assertThrows(ArithmeticException.class, () -> zero.$invert$());
        assertEquals(0.0, zero.toDouble(), 0.001);
    }

    //# b = integer(2, 9)
    //# a = b * integer(1, 6)
    //# c = a + integer(1, b - 1)
    //@ focal isWhole
    @Test
    public void wholeWhenItDivides() {
        assertTrue(new $Fraction$($a$, $b$).isWhole());
        assertFalse(new $Fraction$($c$, $b$).isWhole());
    }

    //# b = choice([2, 4, 5, 10])
    //# a = integer(1, 60)
    //# expected = a / b
    //@ focal toDouble
    @Test
    public void testToDouble() {
        $Fraction$ $fraction$ = new $Fraction$($a$, $b$);
        assertEquals($expected$, $fraction$.toDouble(), 0.001);
    }
}
