// A vector in the plane with the usual arithmetic.
//# Vector = name("Vector", "Vec", "Arrow", "Force")
//# v = name("v", "vec", "first", "left")
//# w = name("w", "other", "second", "right")
//# plus = name("plus", "add", "sum")
//# times = name("times", "scale", "multiply", "scaled")
//# length = name("length", "norm", "magnitude", "abs")
public class $Vector$ {
    public final int x;
    public final int y;

    public $Vector$(int x, int y) {
        this.x = x;
        this.y = y;
    }

    public $Vector$ $plus$($Vector$ o) {
        return new $Vector$(x + o.x, y + o.y);
    }

    public $Vector$ $times$(int k) {
        return new $Vector$(k * x, k * y);
    }

    public int dot($Vector$ o) {
        return x * o.x + y * o.y;
    }

    public double $length$() {
        return Math.sqrt(x * x + y * y);
    }

    public boolean isZero() {
        return x == 0 && y == 0;
    }

    public int[] toArray() {
        return new int[] {x, y};
    }

    @Override
    public String toString() {
        return "(" + x + ", " + y + ")";
    }
}

class $Vector$Test {
    //# a = integer(0, 20)
    //# b = integer(0, 20)
    //# c = integer(-5, 20)
    //# d = integer(-5, 20)
    //# x = a + c
    //# y = b + d
    //@ focal $plus$
    @Test
    public void $plus$AddsTheParts() {
        $Vector$ $v$ = new $Vector$($a$, $b$);
        $Vector$ $w$ = $v$.$plus$(new $Vector$($c$, $d$));
        assertNotNull($w$);
        assertEquals($x$, $w$.x);
        assertEquals($y$, $w$.y);
    }

    //# a = integer(1, 9)
    //# b = integer(1, 9)
    //# k = integer(2, 6)
    //# x = k * a
    //# y = k * b
    //@ focal $times$
    @Test
    public void $times$ANumber() {
        $Vector$ $v$ = new $Vector$($a$, $b$);
        assertArrayEquals(new int[] {$x$, $y$}, $v$.$times$($k$).toArray());
        assertTrue($v$.$times$(0).isZero());
    }

    //# a = integer(0, 6)
    //# b = integer(0, 6)
    //# c = integer(0, 6)
    //# d = integer(0, 6)
    //# expected = a * c + b * d
    //@ focal dot
    @Test
    public void testDot() {
        $Vector$ $v$ = new $Vector$($a$, $b$);
        $Vector$ $w$ = new $Vector$($c$, $d$);
        assertEquals($expected$, $v$.dot($w$));
        assertEquals($expected$, $w$.dot($v$));
    }

    //# side = choice([[3, 4, 5], [4, 3, 5], [6, 8, 10], [8, 6, 10], [5, 12, 13], [9, 12, 15], [8, 15, 17], [0, 7, 7], [2, 0, 2]])
    //# a = side[0]
    //# b = side[1]
    //# c = float(side[2])
    //@ focal $length$
    @Test
    public void $length$ByPythagoras() {
        $Vector$ $v$ = new $Vector$($a$, $b$);
        assertEquals($c$, $v$.$length$(), 0.001);
    }

    //# a = integer(0, 30)
    //# b = integer(0, 30)
    //# text = f"({a}, {b})"
    //@ focal toString
    @Test
    public void testToString() {
        $Vector$ $v$ = new $Vector$($a$, $b$);
        assertNotNull($v$.toString());
        assertEquals($text$, $v$.toString());
    }

    //# a = integer(1, 30)
    //# b = integer(0, 30)
    //# message = choice(["not the zero vector", "it has a length", "points somewhere"])
    //@ focal isZero
    @Test
    public void onlyOneVectorIsZero() {
        assertTrue(new $Vector$(0, 0).isZero());
        assertFalse($message$, new $Vector$($a$, $b$).isZero());
    }
}
