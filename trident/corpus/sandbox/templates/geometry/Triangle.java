// Three side lengths: whether they make a triangle, and what kind.
//# Triangle = name("Triangle", "Trigon", "Wedge", "Pennant")
//# triangle = lower(Triangle)
//# of = name("of", "create", "make", "build")
//# kind = name("kind", "type", "getKind", "classify")
//# longest = name("longest", "longestSide", "base")
public class $Triangle$ {
    public enum Kind { EQUAL, ISOSCELES, OTHER }

    private final int[] sides;

    private $Triangle$(int... sides) {
        this.sides = sides;
    }

    public static $Triangle$ $of$(int a, int b, int c) {
        if (a + b <= c || a + c <= b || b + c <= a) {
            return null;
        }
        return new $Triangle$(a, b, c);
    }

    public int perimeter() {
        return sides[0] + sides[1] + sides[2];
    }

    public Kind $kind$() {
        Set<Integer> lengths = new HashSet<>();
        for (int side : sides) {
            lengths.add(side);
        }
        return Kind.values()[lengths.size() - 1];
    }

    public int $longest$() {
        return Math.max(sides[0], Math.max(sides[1], sides[2]));
    }

    public int[] getSides() {
        return sides.clone();
    }
}

class $Triangle$Test {
    //# a = integer(2, 15)
    //# b = integer(2, 15)
    //# c = integer(abs(a - b) + 1, a + b - 1)
    //# d = a + b + integer(0, 9)
    //@ focal $of$
    @Test
    public void $of$ChecksTheSides() {
        assertNotNull($Triangle$.$of$($a$, $b$, $c$));
        assertNull($Triangle$.$of$($a$, $b$, $d$));
    }

    //# a = integer(2, 12)
    //# b = integer(2, 12)
    //# c = integer(abs(a - b) + 1, a + b - 1)
    //# total = a + b + c
    //@ focal perimeter
    @Test
    public void perimeterAddsTheSides() {
        $Triangle$ $triangle$ = $Triangle$.$of$($a$, $b$, $c$);
        assertNotNull($triangle$);
        assertEquals($total$, $triangle$.perimeter());
    }

    //# a = integer(5, 20)
    //# b = integer(2, a - 1)
    //@ focal $kind$
    @Test
    public void $kind$ByEqualSides() {
        assertEquals($Triangle$.Kind.EQUAL, $Triangle$.$of$($a$, $a$, $a$).$kind$());
        assertEquals($Triangle$.Kind.ISOSCELES, $Triangle$.$of$($a$, $a$, $b$).$kind$());
    }

    //# a = integer(2, 15)
    //# b = integer(2, 15)
    //# c = integer(abs(a - b) + 1, a + b - 1)
    //# top = max(a, b, c)
    //# message = choice(["the longest side", "largest of three", "no side is longer"])
    //@ focal $longest$
    @Test
    public void testLongest() {
        $Triangle$ $triangle$ = $Triangle$.$of$($a$, $b$, $c$);
        assertNotNull($triangle$);
        assertEquals($message$, $top$, $triangle$.$longest$());
    }

    //# a = integer(2, 15)
    //# b = integer(2, 15)
    //# c = integer(abs(a - b) + 1, a + b - 1)
    //@ focal getSides
    @Test
    public void getSidesReturnsACopy() {
        $Triangle$ $triangle$ = $Triangle$.$of$($a$, $b$, $c$);
        int[] sides = $triangle$.getSides();
        assertArrayEquals(new int[] {$a$, $b$, $c$}, sides);
        assertNotSame(sides, $triangle$.getSides());
    }
}
