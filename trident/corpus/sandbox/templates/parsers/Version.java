// A version of two numbers such as 3.12, read from text, compared and raised.
//# Version = name("Version", "Release", "Edition", "Revision")
//# version = lower(Version)
//# parse = name("parse", "of", "from", "read")
//# bump = name("bump", "raise", "nextMinor", "increase")
//# newer = name("isNewer", "isAfter", "beats")
//# Bump = upper(bump)
public class $Version$ {
    private final int major;
    private final int minor;

    public $Version$(int major, int minor) {
        this.major = major;
        this.minor = minor;
    }

    public static $Version$ $parse$(String text) {
        if (text == null || !text.contains(".")) {
            return null;
        }
        String[] parts = text.split("\\.");
        return new $Version$(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    public $Version$ $bump$() {
        return new $Version$(major, minor + 1);
    }

    public boolean $newer$($Version$ other) {
        if (major != other.major) {
            return major > other.major;
        }
        return minor > other.minor;
    }

    public int getMajor() {
        return major;
    }

    public int getMinor() {
        return minor;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof $Version$ && ((($Version$) other).major == major)
                && ((($Version$) other).minor == minor);
    }

    @Override
    public int hashCode() {
        return 31 * major + minor;
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}

class $Version$Test {
    //# major = integer(0, 12)
    //# minor = integer(0, 30)
    //# text = f"{major}.{minor}"
    //@ focal $parse$
    @Test
    public void reads$Version$() {
        $Version$ $version$ = $Version$.$parse$($text$);
        assertNotNull($version$);
        assertEquals($major$, $version$.getMajor());
        assertEquals($minor$, $version$.getMinor());
    }

    //# w = word()
    //@ focal $parse$
    @Test
    public void $parse$GivesNullWithoutADot() {
        assertNull($Version$.$parse$($w$));
        assertNull($Version$.$parse$(null));
    }

    //# major = integer(0, 12)
    //# minor = integer(0, 30)
    //# after = f"{major}.{minor + 1}"
    //@ focal $bump$
    @Test
    public void $bump$RaisesTheSecondNumber() {
        $Version$ $version$ = new $Version$($major$, $minor$);
        assertEquals($after$, $version$.$bump$().toString());
    }

    //# major = integer(0, 12)
    //# minor = integer(0, 30)
    //# after = minor + 1
    //@ focal $bump$
    @Test
    public void test$Bump$MakesANewObject() {
        $Version$ old = new $Version$($major$, $minor$);
        $Version$ fresh = old.$bump$();
        assertNotNull("a new version", fresh);
        assertNotEquals(old, fresh);
        assertEquals($after$, fresh.getMinor());
    }

    //# a = distinct(2, 0, 20)
    //# first = a[0]
    //# second = a[1]
    //# m = integer(0, 20)
    //# n = integer(0, 20)
    //# verdict = code("assertTrue" if first > second else "assertFalse")
    //@ focal $newer$
    @Test
    public void theFirstNumberDecides() {
        $Version$ $version$ = new $Version$($first$, $m$);
        $verdict$($version$.$newer$(new $Version$($second$, $n$)));
    }
}
