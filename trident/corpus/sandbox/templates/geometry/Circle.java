// A circle around a point on a line of integers, with lengths as floating-point numbers.
//# Circle = name("Circle", "Disk", "Ring", "Wheel")
//# circle = lower(Circle)
//# diameter = name("diameter", "width", "getDiameter")
//# grow = name("grow", "scale", "enlarge", "stretch")
//# touches = name("touches", "meets", "overlaps", "hits")
public class $Circle$ {
    private final int center;
    private double radius;

    public $Circle$(int center, double radius) {
        if (radius < 0) {
            throw new IllegalArgumentException("radius: " + radius);
        }
        this.center = center;
        this.radius = radius;
    }

    public double getRadius() {
        return radius;
    }

    public double $diameter$() {
        return 2 * radius;
    }

    public double area() {
        return Math.PI * radius * radius;
    }

    public void $grow$(double factor) {
        radius *= factor;
    }

    public boolean $touches$($Circle$ other) {
        int gap = Math.abs(center - other.center);
        return gap <= radius + other.radius;
    }
}

class $Circle$Test {
    //# c = integer(0, 20)
    //# r = integer(1, 40) / 2
    //# expected = 2 * r
    //@ focal $diameter$
    @Test
    public void $diameter$IsTwiceTheRadius() {
        $Circle$ $circle$ = new $Circle$($c$, $r$);
        assertEquals($expected$, $circle$.$diameter$(), 0.001);
    }

    //# c = integer(0, 20)
    //# r = choice([1, 2, 3, 4, 5, 10])
    //# expected = round(math.pi * r * r, 2)
    //@ focal area
    @Test
    public void testArea() {
        $Circle$ $circle$ = new $Circle$($c$, $r$);
        assertEquals($expected$, $circle$.area(), 0.01);
        assertEquals(0.0, new $Circle$($c$, 0).area(), 0.01);
    }

    //# c = integer(0, 20)
    //# r = integer(1, 10) / 2
    //# factor = choice([2.0, 3.0, 4.0, 0.5])
    //# expected = r * factor
    //@ focal $grow$
    @Test
    public void $grow$MultipliesTheRadius() {
        $Circle$ $circle$ = new $Circle$($c$, $r$);
        assertEquals("as it was made", $r$, $circle$.getRadius(), 0.001);
        $circle$.$grow$($factor$);
        assertEquals($expected$, $circle$.getRadius(), 0.001);
    }

    //# c = integer(0, 20)
    //# r = integer(1, 9)
    //# s = integer(1, 9)
    //# gap = integer(0, 2 * (r + s))
    //# d = c + gap
    //# verdict = code("assertTrue" if gap <= r + s else "assertFalse")
    //@ focal $touches$
    @Test
    public void $touches$OnlyWhenNear() {
        $Circle$ $circle$ = new $Circle$($c$, $r$);
        $Circle$ other = new $Circle$($d$, $s$);
        assertTrue($circle$.$touches$($circle$));
        $verdict$($circle$.$touches$(other));
    }
}
