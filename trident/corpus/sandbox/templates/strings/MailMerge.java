// A text with places in braces, which are filled with values by name.
//# Form = name("MailMerge", "Template", "Letter", "Form")
//# form = lower(Form)
//# assign = name("set", "with", "fill", "put")
//# render = name("render", "build", "print", "toText")
//# slot = name("name", "slot", "place")
public class $Form$ {
    private final Map<String, String> values = new HashMap<>();
    private final String pattern;

    public $Form$(String pattern) {
        this.pattern = pattern;
    }

    public $Form$ $assign$(String $slot$, Object value) {
        values.put("{" + $slot$ + "}", String.valueOf(value));
        return this;
    }

    public String $render$() {
        String result = pattern;
        for (String each : values.keySet()) {
            result = result.replace(each, values.get(each));
        }
        return result;
    }

    public int openSlots() {
        return $render$().split("\\{", -1).length - 1;
    }

    public boolean isComplete() {
        return openSlots() == 0;
    }
}

class $Form$Test {
    //# greeting = choice(["Dear", "Hello", "Hi", "Good day"])
    //# person = word()
    //# key = choice(["you", "who", "guest"])
    //# pattern = greeting + " {" + key + "}"
    //# expected = f"{greeting} {person}"
    //@ focal $render$
    @Test
    public void fillsInAName() {
        $Form$ $form$ = new $Form$($pattern$);
        $form$.$assign$($key$, $person$);
        assertEquals($expected$, $form$.$render$());
    }

    //# number = integer(1, 99)
    //# thing = word()
    //# pattern = "{n} " + thing
    //# expected = f"{number} {thing}"
    //@ focal $assign$
    @Test
    public void numbersAreTextToo() {
        String text = new $Form$($pattern$).$assign$("n", $number$).$render$();
        assertNotNull(text);
        assertTrue(text.endsWith($thing$));
        assertEquals($expected$, text);
    }

    //# keys = sample(["a", "b", "c", "d"], integer(1, 4))
    //# pattern = "+".join("{" + k + "}" for k in keys)
    //# open = len(keys)
    //# less = open - 1
    //# key = keys[0]
    //# value = word()
    //@ focal openSlots
    @Test
    public void countsTheOpenSlots() {
        $Form$ $form$ = new $Form$($pattern$);
        assertEquals($open$, $form$.openSlots());
        $form$.$assign$($key$, $value$);
        assertEquals($less$, $form$.openSlots());
    }

    //# before, value = words(2)
    //# pattern = before + " {x}"
    //@ focal isComplete
    @Test
    public void completeOnceFilled() {
        $Form$ $form$ = new $Form$($pattern$);
        assertFalse($form$.isComplete());
        assertTrue("complete", $form$.$assign$("x", $value$).isComplete());
    }
}
