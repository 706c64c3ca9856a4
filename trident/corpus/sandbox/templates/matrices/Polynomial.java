// A polynomial with whole coefficients, the constant one first.
//# Polynomial = name("Polynomial", "Poly", "Term", "Curve")
//# poly = name("p", "poly", "f", "curve")
//# eval = name("evaluate", "at", "valueAt", "apply")
//# derive = name("derive", "derivative", "slope")
//# degree = name("degree", "order", "highest")
public class $Polynomial$ {
    private final int[] coefficients;

    public $Polynomial$(int... coefficients) {
        this.coefficients = coefficients;
    }

    public int $eval$(int x) {
        int result = 0;
        for (int i = coefficients.length - 1; i >= 0; i--) {
            result = result * x + coefficients[i];
        }
        return result;
    }

    public int $degree$() {
        return coefficients.length - 1;
    }

    public $Polynomial$ $derive$() {
        int[] result = new int[coefficients.length - 1];
        for (int i = 0; i < result.length; i++) {
            result[i] = (i + 1) * coefficients[i + 1];
        }
        return new $Polynomial$(result);
    }

    public boolean hasRoot(int x) {
        return $eval$(x) == 0;
    }

    public int[] toArray() {
        return coefficients.clone();
    }
}

class $Polynomial$Test {
    //# a = integer(0, 20)
    //# b = integer(1, 6)
    //# x = integer(0, 8)
    //# expected = a + b * x
    //@ focal $eval$
    @Test
    public void valueOfALine() {
        $Polynomial$ $poly$ = new $Polynomial$($a$, $b$);
        assertEquals($expected$, $poly$.$eval$($x$));
        assertEquals($a$, $poly$.$eval$(0));
    }

    //# n = integer(1, 5)
    //# c = integers(n, 1, 12)
    //# expected = n - 1
    //@ focal $degree$
    @Test
    public void $degree$IsOneLessThanTheLength() {
        $Polynomial$ $poly$ = new $Polynomial$($c$);
        assertEquals($expected$, $poly$.$degree$());
    }

    //# c = integers(3, 1, 12)
    //# result = [c[1], 2 * c[2]]
    //@ focal $derive$
    @Test
    public void $derive$AQuadratic() {
        $Polynomial$ $poly$ = new $Polynomial$($c$);
        $Polynomial$ d = $poly$.$derive$();
        assertNotNull(d);
        assertArrayEquals(new int[] {$result$}, d.toArray());
    }

    //# x = integer(1, 30)
    //# minus = -x
    //# other = x + integer(1, 9)
    //# message = choice(["no root here", "another number", "not zero there"])
    //@ focal hasRoot
    @Test
    public void aLineHasOneRoot() {
        $Polynomial$ $poly$ = new $Polynomial$($minus$, 1);
        assertTrue($poly$.hasRoot($x$));
        assertFalse($message$, $poly$.hasRoot($other$));
    }
}
