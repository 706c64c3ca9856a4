// A two-way dictionary: every key has one number and every number one key.
//# Codes = name("TwoWayMap", "Codebook", "Registry", "BiMap")
//# codes = name("codes", "book", "registry", "table")
//# link = name("link", "bind", "put", "pair")
//# numberOf = name("numberOf", "codeOf", "lookUp")
//# nameOf = name("nameOf", "reverseLookUp", "keyFor")
public class $Codes$ {
    private final Map<String, Integer> forward = new HashMap<>();
    private final Map<Integer, String> backward = new HashMap<>();

    /** An earlier link of the name is forgotten. */
    public $Codes$ $link$(String name, int number) {
        Integer old = forward.put(name, number);
        if (old != null) {
            backward.remove(old);
        }
        backward.put(number, name);
        return this;
    }

    /** Returns -1 for an unknown name. */
    public int $numberOf$(String name) {
        return forward.getOrDefault(name, -1);
    }

    public String $nameOf$(int number) {
        return backward.get(number);
    }

    public Optional<String> find(int number) {
        return Optional.ofNullable(backward.get(number));
    }
}

class $Codes$Test {
    //# key = word()
    //# number = integer(1, 99)
    //@ focal $link$
    @Test
    public void $link$WorksBothWays() {
        $Codes$ $codes$ = new $Codes$();
        $codes$.$link$($key$, $number$);
        assertEquals($number$, $codes$.$numberOf$($key$));
        assertEquals($key$, $codes$.$nameOf$($number$));
    }

    //# key = word()
    //# old, new_ = distinct(2, 1, 60)
    //@ focal $link$
    @Test
    public void relinkingForgetsTheOldNumber() {
        $Codes$ $codes$ = new $Codes$();
        $codes$.$link$($key$, $old$);
        $codes$.$link$($key$, $new_$);
        assertNull($codes$.$nameOf$($old$));
        assertNotNull($codes$.$nameOf$($new_$));
    }

    //# known, unknown = words(2)
    //# number = integer(0, 50)
    //@ focal $numberOf$
    @Test
    public void unknownNameHasNoNumber() {
        $Codes$ $codes$ = new $Codes$().$link$($known$, $number$);
        assertTrue($codes$.$numberOf$($known$) >= 0);
        assertEquals(-1, $codes$.$numberOf$($unknown$));
    }

    //# key = word()
    //# number, missing = distinct(2, 0, 50)
    //@ focal find
    @Test
    public void findGivesAnOptional() {
        $Codes$ $codes$ = new $Codes$().$link$($key$, $number$);
        assertNotNull($codes$.find($missing$));
        assertTrue($codes$.find($number$).isPresent());
        assertEquals($key$, $codes$.find($number$).get());
        assertEquals(Optional.empty(), $codes$.find($missing$));
    }
}
