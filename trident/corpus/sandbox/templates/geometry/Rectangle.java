// An upright rectangle with whole side lengths.
//# Rectangle = name("Rectangle", "Box", "Rect", "Field")
//# rect = lower(Rectangle)
//# area = name("area", "getArea", "size", "surface")
//# perimeter = name("perimeter", "outline", "border", "fence")
//# rotate = name("rotate", "turn", "quarterTurn")
//# fits = name("fitsInto", "fitsIn", "isInside")
public class $Rectangle$ {
    private int width;
    private int height;

    public $Rectangle$(int width, int height) {
        this.width = width;
        this.height = height;
    }

    public int getWidth() {
        return width;
    }

    public int getHeight() {
        return height;
    }

    public int $area$() {
        return width * height;
    }

    public int $perimeter$() {
        return 2 * (width + height);
    }

    public boolean isSquare() {
        return width == height;
    }

    public boolean $fits$($Rectangle$ outer) {
        return width <= outer.width && height <= outer.height;
    }

    public $Rectangle$ $rotate$() {
        int old = width;
        width = height;
        height = old;
        return this;
    }
}

class $Rectangle$Test {
    //# w = integer(1, 12)
    //# h = integer(1, 12)
    //# expected = w * h
    //@ focal $area$
    @Test
    public void $area$IsWidthTimesHeight() {
        $Rectangle$ $rect$ = new $Rectangle$($w$, $h$);
        assertEquals($expected$, $rect$.$area$());
    }

    //# w = integer(1, 20)
    //# h = integer(1, 20)
    //# expected = 2 * (w + h)
    //# message = choice(["twice both sides", "all four sides", "once around"])
    //@ focal $perimeter$
    @Test
    public void testAllSides() {
        $Rectangle$ $rect$ = new $Rectangle$($w$, $h$);
        assertEquals($message$, $expected$, $rect$.$perimeter$());
    }

    //# w = integer(1, 60)
    //# h = choice([w, integer(1, 60)])
    //# verdict = code("assertTrue" if w == h else "assertFalse")
    //@ focal isSquare
    @Test
    public void equalSidesMakeASquare() {
        $Rectangle$ $rect$ = new $Rectangle$($w$, $h$);
        assertNotNull($rect$);
        $verdict$($rect$.isSquare());
    }

    //# w = integer(1, 30)
    //# h = integer(1, 30)
    //@ focal $rotate$
    @Test
    public void $rotate$SwapsTheSides() {
        $Rectangle$ $rect$ = new $Rectangle$($w$, $h$);
        assertSame($rect$, $rect$.$rotate$());
        assertEquals($h$, $rect$.getWidth());
        assertEquals($w$, $rect$.getHeight());
    }

    //# w = integer(2, 15)
    //# h = integer(2, 15)
    //# a = w + integer(0, 5)
    //# b = h + integer(1, 5)
    //@ focal $fits$
    @Test
    public void a$Rectangle$InsideAnother() {
        $Rectangle$ inner = new $Rectangle$($w$, $h$);
        $Rectangle$ outer = new $Rectangle$($a$, $b$);
        assertTrue(inner.$fits$(outer));
        assertFalse(outer.$fits$(inner));
    }
}
