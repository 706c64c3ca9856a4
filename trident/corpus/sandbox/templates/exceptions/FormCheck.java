// Checks the fields of a form and collects what is wrong with them.
//# FormCheck = name("FormCheck", "Validator", "Inspector", "InputCheck")
//# form = name("form", "validator", "input")
//# required = name("required", "notBlank", "filled", "present")
//# positive = name("positive", "aboveZero", "atLeastOne")
//# errors = name("errors", "problems", "complaints")
//# Positive = upper(positive)
public class $FormCheck$ {
    private final List<String> $errors$ = new ArrayList<>();

    public $FormCheck$ $required$(String field, String text) {
        if (text == null || text.trim().isEmpty()) {
            $errors$.add(field + " is missing");
        }
        return this;
    }

    public $FormCheck$ $positive$(String field, int number) {
        if (number <= 0) {
            $errors$.add(field + " must be positive");
        }
        return this;
    }

    public List<String> $errors$() {
        return $errors$;
    }

    public String firstError() {
        return $errors$.isEmpty() ? null : $errors$.get(0);
    }

    public void orThrow() {
        if (!$errors$.isEmpty()) {
            throw new IllegalArgumentException(String.join(", ", $errors$));
        }
    }
}

class $FormCheck$Test {
    //# field = choice(["name", "city", "street", "email", "title", "phone", "author"])
    //# empty = choice(["", " ", "  ", None])
    //# text = f"{field} is missing"
    //@ focal $required$
    @Test
    public void $required$Complains() {
        $FormCheck$ $form$ = new $FormCheck$();
        $form$.$required$($field$, $empty$);
        assertEquals(1, $form$.$errors$().size());
        assertEquals($text$, $form$.firstError());
    }

    //# field = choice(["name", "city", "street", "email", "title", "phone"])
    //# given = word()
    //@ focal $required$
    @Test
    public void aFilledFieldIsFine() {
        $FormCheck$ $form$ = new $FormCheck$().$required$($field$, $given$);
        assertNotNull($form$);
        assertTrue($form$.$errors$().isEmpty());
        assertNull($form$.firstError());
    }

    //# field = choice(["age", "price", "weight", "count", "size"])
    //# number = integer(-20, 20)
    //# expected = 0 if number > 0 else 1
    //@ focal $positive$
    @Test
    public void test$Positive$() {
        $FormCheck$ $form$ = new $FormCheck$();
        assertSame($form$, $form$.$positive$($field$, $number$));
        assertEquals($expected$, $form$.$errors$().size());
    }

    //# field = choice(["age", "price", "weight", "count", "size"])
    //# number = integer(-30, 0)
    //# text = f"{field} must be positive"
    //@ focal $positive$
    @Test
    public void zeroIsNotEnough() {
        $FormCheck$ $form$ = new $FormCheck$().$positive$($field$, $number$);
        assertNotNull($form$.firstError());
        assertThat($form$.$errors$(), hasItem($text$));
        assertThat($form$.firstError(), containsString($field$));
    }

    //# fields = sample(["name", "city", "street", "email", "title", "phone"], 2)
    //# a = fields[0]
    //# b = fields[1]
    //@ focal orThrow
    @Test
    public void orThrowNamesEveryField() {
        $FormCheck$ $form$ = new $FormCheck$().$required$($a$, "").$required$($b$, "");
        Exception e = assertThrows(IllegalArgumentException.class, () -> $form$.orThrow());
        assertTrue(e.getMessage().contains($a$));
        assertThat(e.getMessage(), containsString($b$));
    }
}
