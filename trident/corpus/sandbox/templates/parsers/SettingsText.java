// Settings read from lines of the form key=value.
//# Settings = name("Settings", "Config", "Options", "Preferences")
//# settings = lower(Settings)
//# read = name("read", "parseLine", "load", "accept")
//# number = name("number", "getInt", "asInt")
//# flag = name("flag", "isOn", "isSet")
public class $Settings$ {
    private final Map<String, String> values = new HashMap<>();

    public boolean $read$(String line) {
        int at = line.indexOf('=');
        if (at < 0) {
            return false;
        }
        values.put(line.substring(0, at), line.substring(at + 1));
        return true;
    }

    public int $number$(String key, int fallback) {
        String text = values.get(key);
        return text == null ? fallback : Integer.parseInt(text);
    }

    public boolean $flag$(String key) {
        return "yes".equals(values.get(key));
    }

    public String get(String key) {
        return values.get(key);
    }

    public int size() {
        return values.size();
    }
}

class $Settings$Test {
    //# key = word()
    //# item = word()
    //# line = key + "=" + item
    //@ focal $read$
    @Test
    public void $read$KeepsTheValue() {
        $Settings$ $settings$ = new $Settings$();
        assertTrue($settings$.$read$($line$));
        assertEquals($item$, $settings$.get($key$));
    }

    //# key = word()
    //@ focal $read$
    @Test
    public void aLineWithoutASignIsRefused() {
        $Settings$ $settings$ = new $Settings$();
        assertFalse($settings$.$read$($key$));
        assertNull("no value", $settings$.get($key$));
        assertEquals(0, $settings$.size());
    }

    //# key = word()
    //# a = integer(1, 50)
    //# b = integer(51, 99)
    //# one = f"{key}={a}"
    //# two = f"{key}={b}"
    //@ focal $read$
    @Test
    public void theLastLineWins() {
        $Settings$ $settings$ = new $Settings$();
        $settings$.$read$($one$);
        $settings$.$read$($two$);
        assertEquals($b$, $settings$.$number$($key$, 0));
        assertEquals(1, $settings$.size());
    }

    //# keys = words(2)
    //# key = keys[0]
    //# other = keys[1]
    //# n = integer(0, 50)
    //# fallback = integer(0, 50)
    //# line = f"{key}={n}"
    //@ focal $number$
    @Test
    public void $number$HasAFallback() {
        $Settings$ $settings$ = new $Settings$();
        $settings$.$read$($line$);
        assertEquals($n$, $settings$.$number$($key$, $fallback$));
        assertEquals($fallback$, $settings$.$number$($other$, $fallback$));
    }

    //# key = word()
    //# answer = choice(["yes", "yes", "no", "maybe"])
    //# line = f"{key}={answer}"
    //# verdict = code("assertTrue" if answer == "yes" else "assertFalse")
    //@ focal $flag$
    @Test
    public void onlyYesCounts() {
        $Settings$ $settings$ = new $Settings$();
        $settings$.$read$($line$);
        $verdict$($settings$.$flag$($key$));
    }
}
