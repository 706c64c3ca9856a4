// Keeps one shared copy of every equal object.
//# Interner = name("Interner", "SharedPool", "Canon", "Uniques")
//# pool = name("pool", "shared", "canon", "known")
//# intern = name("intern", "share", "unique", "canonical")
//# copies = name("copies", "byText", "table")
public class $Interner$ {
    private final Map<String, String> $copies$ = new HashMap<>();

    public String $intern$(String text) {
        String present = $copies$.putIfAbsent(text, text);
        return present == null ? text : present;
    }

    public boolean isShared(String text) {
        return $copies$.get(text) == text;
    }

    public int size() {
        return $copies$.size();
    }

    public String dropOne(String text) {
        return $copies$.remove(text);
    }
}

class $Interner$Test {
    //# value = word()
    //# one, two = sample(["a", "b", "first", "second", "left", "right"], 2)
    //# first = code(one)
    //# second = code(two)
    //@ focal $intern$
    @Test
    public void equalTextsShareACopy() {
        $Interner$ $pool$ = new $Interner$();
        String $first$ = $pool$.$intern$(new String($value$));
        String $second$ = $pool$.$intern$(new String($value$));
        assertNotNull($second$);
        assertSame($first$, $second$);
        assertEquals(1, $pool$.size());
    }

    //# a, b = words(2)
    //@ focal $intern$
    @Test
    public void differentTextsStayApart() {
        $Interner$ $pool$ = new $Interner$();
        assertNotSame($pool$.$intern$($a$), $pool$.$intern$($b$));
        assertEquals($b$, $pool$.$intern$($b$));
        assertEquals(2, $pool$.size());
    }

    //# value = word()
    //# copy = name("copy", "twin", "clone")
    //@ focal isShared
    @Test
    public void aTwinIsNotTheSharedCopy() {
        $Interner$ $pool$ = new $Interner$();
        String text = $pool$.$intern$($value$);
        String $copy$ = new String($value$);
        assertTrue($pool$.isShared(text));
        assertFalse($pool$.isShared($copy$));
    }

    //# value = word()
    //@ focal dropOne
    @Test
    public void droppingTwiceGivesNull() {
        $Interner$ $pool$ = new $Interner$();
        $pool$.$intern$($value$);
        assertNotNull($pool$.dropOne($value$));
        assertNull($pool$.dropOne($value$));
    }
}
