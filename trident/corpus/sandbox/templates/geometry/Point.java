// A point with whole coordinates; it never changes, moving it gives another point.
//# Point = name("Point", "Position", "Spot", "Location")
//# point = name("p", "point", "a", "origin")
//# moveBy = name("moveBy", "shift", "translate", "moved")
//# distance = name("distance", "steps", "distanceTo", "walk")
//# mirror = name("mirror", "flip", "reflect", "swap")
public class $Point$ {
    private final int x;
    private final int y;

    public $Point$(int x, int y) {
        this.x = x;
        this.y = y;
    }

    public int getX() {
        return x;
    }

    public int getY() {
        return y;
    }

    public $Point$ $moveBy$(int dx, int dy) {
        return new $Point$(x + dx, y + dy);
    }

    public int $distance$($Point$ other) {
        return Math.abs(x - other.x) + Math.abs(y - other.y);
    }

    public $Point$ $mirror$() {
        return new $Point$(y, x);
    }

    @Override
    public boolean equals(Object o) {
        if (!(o instanceof $Point$)) {
            return false;
        }
        $Point$ other = ($Point$) o;
        return x == other.x && y == other.y;
    }

    @Override
    public int hashCode() {
        return 31 * x + y;
    }
}

class $Point$Test {
    //# x = integer(0, 20)
    //# y = integer(0, 20)
    //# dx = integer(-9, 20)
    //# dy = integer(-9, 20)
    //# nx = x + dx
    //# ny = y + dy
    //@ focal $moveBy$
    @Test
    public void $moveBy$AddsToBothCoordinates() {
        $Point$ $point$ = new $Point$($x$, $y$);
        $Point$ moved = $point$.$moveBy$($dx$, $dy$);
        assertNotNull(moved);
        assertEquals($nx$, moved.getX());
        assertEquals($ny$, moved.getY());
    }

    //# x = integer(0, 20)
    //# y = integer(0, 20)
    //@ focal $moveBy$
    @Test
    public void movingByNothing() {
        $Point$ $point$ = new $Point$($x$, $y$);
        $Point$ same = $point$.$moveBy$(0, 0);
        assertEquals($point$, same);
        assertNotSame($point$, same);
    }

    //# x = integer(0, 10)
    //# y = integer(0, 10)
    //# dx = integer(0, 9)
    //# dy = integer(0, 9)
    //# nx = x + dx
    //# ny = y + dy
    //# far = dx + dy
    //@ focal $distance$
    @Test
    public void $distance$AlongTheGrid() {
        $Point$ $point$ = new $Point$($x$, $y$);
        $Point$ other = new $Point$($nx$, $ny$);
        assertEquals($far$, $point$.$distance$(other));
        assertEquals(0, other.$distance$(other));
    }

    //# x = integer(0, 30)
    //# y = integer(0, 30)
    //@ focal $mirror$
    @Test
    public void $mirror$ExchangesTheCoordinates() {
        $Point$ $point$ = new $Point$($x$, $y$).$mirror$();
        assertNotNull($point$);
        assertEquals($y$, $point$.getX());
        assertEquals($x$, $point$.getY());
    }

    //# x = integer(0, 30)
    //# y = integer(0, 30)
    //# other = y + integer(1, 5)
    //@ focal equals
    @Test
    public void testEquals() {
        $Point$ $point$ = new $Point$($x$, $y$);
        assertEquals(new $Point$($x$, $y$), $point$);
        assertNotEquals(new $Point$($x$, $other$), $point$);
    }
}
