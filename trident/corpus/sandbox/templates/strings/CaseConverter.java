// Rewrites identifiers between the camel and the snake style.
//# Cases = name("CaseConverter", "NameStyle", "Identifiers", "Casing")
//# toSnake = name("toSnake", "snake", "underscore", "camelToSnake")
//# toCamel = name("toCamel", "camel", "joined", "snakeToCamel")
//# id = name("id", "name", "word", "source")
//# capitalize = name("capitalize", "upperFirst", "title")
public class $Cases$ {
    public static String $capitalize$(String $id$) {
        if ($id$ == null || $id$.isEmpty()) {
            return $id$;
        }
        return $id$.substring(0, 1).toUpperCase() + $id$.substring(1);
    }

    public static String $toSnake$(String $id$) {
        StringBuilder out = new StringBuilder();
        for (char c : $id$.toCharArray()) {
            if (Character.isUpperCase(c)) {
                out.append('_');
            }
            out.append(Character.toLowerCase(c));
        }
        return out.toString();
    }

    public static String $toCamel$(String $id$) {
        String[] parts = $id$.split("_");
        StringBuilder out = new StringBuilder(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            out.append($capitalize$(parts[i]));
        }
        return out.toString();
    }

    public static int humps(String $id$) {
        return (int) $id$.chars().filter(Character::isUpperCase).count();
    }
}

class $Cases$Test {
    //# low = word()
    //# expected = low.capitalize()
    //@ focal $capitalize$
    @Test
    public void firstLetterOnly() {
        assertEquals($expected$, $Cases$.$capitalize$($low$));
        assertEquals($expected$, $Cases$.$capitalize$($expected$));
        assertNull($Cases$.$capitalize$(null));
    }

    //# a, b = words(2)
    //# camel = a + b.capitalize()
    //# snake = f"{a}_{b}"
    //@ focal $toSnake$
    @Test
    public void camelBecomesSnake() {
        String result = $Cases$.$toSnake$($camel$);
        assertNotNull(result);
        assertEquals($snake$, result);
        assertEquals($a$, $Cases$.$toSnake$($a$));
    }

    //# a, b = words(2)
    //# snake = f"{a}_{b}"
    //# camel = a + b.capitalize()
    //@ focal $toCamel$
    @Test
    public void snakeBecomesCamel() {
        assertEquals($camel$, $Cases$.$toCamel$($snake$));
        assertEquals("round trip", $snake$, $Cases$.$toSnake$($camel$));
    }

    //# parts = words(integer(1, 4))
    //# amount = len(parts) - 1
    //# camel = parts[0] + "".join(w.capitalize() for w in parts[1:])
    //@ focal humps
    @Test
    public void countsTheHumps() {
        assertTrue($Cases$.humps($camel$) < 4);
        assertEquals("humps", $amount$, $Cases$.humps($camel$));
    }
}
