// A registry that hands out things by their name.
//# Registry = name("Registry", "Directory", "Catalogue", "Lookup")
//# registry = lower(Registry)
//# register = name("register", "bind", "publish", "enter")
//# find = name("find", "lookUp", "resolve", "fetch")
//# entries = name("entries", "size", "known")
//# Find = upper(find)
public class $Registry$ {
    private final Map<String, Object> services = new LinkedHashMap<>();
    private Object standard;

    public Object $register$(String key, Object service) {
        if (services.isEmpty()) {
            standard = service;
        }
        return services.put(key, service);
    }

    public Object $find$(String key) {
        return services.getOrDefault(key, standard);
    }

    public Object require(String key) {
        if (!services.containsKey(key)) {
            throw new NoSuchElementException("no " + key);
        }
        return services.get(key);
    }

    public int $entries$() {
        return services.size();
    }
}

class $Registry$Test {
    //# key = word()
    //@ focal $register$
    @Test
    public void $register$ReturnsWhatWasThere() {
        $Registry$ $registry$ = new $Registry$();
        Object first = new Object();
        assertNull($registry$.$register$($key$, first));
        assertSame(first, $registry$.$register$($key$, new Object()));
        assertEquals(1, $registry$.$entries$());
    }

    //# ws = words(4)
    //# a = ws[0]
    //# b = ws[1]
    //# one = ws[2]
    //# two = ws[3]
    //@ focal $find$
    @Test
    public void should$Find$ByKey() {
        $Registry$ $registry$ = new $Registry$();
        $registry$.$register$($a$, $one$);
        $registry$.$register$($b$, $two$);
        assertEquals($two$, $registry$.$find$($b$));
        assertEquals($one$, $registry$.$find$("unknown key"));
    }

    //# key = word()
    //@ focal $find$
    @Test
    public void anEmpty$Registry$FindsNothing() {
        $Registry$ $registry$ = new $Registry$();
        assertNull($registry$.$find$($key$));
        $registry$.$register$($key$, new Object());
        assertNotNull($registry$.$find$($key$));
    }

    //# key = word()
    //# message = f"no {key}"
    //@ focal require
    @Test
    public void requireNamesTheMissingKey() {
        $Registry$ $registry$ = new $Registry$();
        NoSuchElementException e = assertThrows(NoSuchElementException.class,
                () -> $registry$.require($key$));
        assertEquals($message$, e.getMessage());
    }
}
