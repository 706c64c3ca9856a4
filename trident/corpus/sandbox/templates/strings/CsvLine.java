// One line of a table file: fields with a separator between them.
//# Row = name("CsvLine", "Row", "TableLine", "DataLine")
//# row = lower(Row)
//# fields = name("fields", "cells", "columns", "parts")
//# parse = name("parse", "read", "fromText", "of")
//# field = name("field", "get", "column", "at")
//# mark = choice([",", ";", "|", ":"])
//# comma = char(mark)
public class $Row$ {
    private final List<String> $fields$ = new ArrayList<>();

    public static $Row$ $parse$(String line) {
        $Row$ result = new $Row$();
        int start = 0;
        for (int i = 0; i <= line.length(); i++) {
            if (i == line.length() || line.charAt(i) == $comma$) {
                result.$fields$.add(line.substring(start, i));
                start = i + 1;
            }
        }
        return result;
    }

    /** Returns null for a field the line does not have. */
    public String $field$(int index) {
        return index < $fields$.size() ? $fields$.get(index) : null;
    }

    public int number(int index) {
        return Integer.parseInt($fields$.get(index).trim());
    }

    public int width() {
        return $fields$.size();
    }

    public $Row$ append(String value) {
        $fields$.add(value);
        return this;
    }

    public String join(String separator) {
        return String.join(separator, $fields$);
    }
}

class $Row$Test {
    //# parts = words(integer(2, 4))
    //# line = mark.join(parts)
    //# amount = len(parts)
    //# first = parts[0]
    //@ focal $parse$
    @Test
    public void $parse$SplitsTheLine() {
        $Row$ $row$ = $Row$.$parse$($line$);
        assertNotNull($row$);
        assertEquals("fields", $amount$, $row$.width());
        assertEquals($first$, $row$.$field$(0));
    }

    //# only = word()
    //# index = integer(1, 9)
    //@ focal $field$
    @Test
    public void missingFieldIsNull() {
        $Row$ $row$ = new $Row$().append($only$);
        assertEquals($only$, $row$.$field$(0));
        assertNull("no such field", $row$.$field$($index$));
    }

    //# label = word()
    //# amount = integer(1, 99)
    //# text = f" {amount}"
    //@ focal number
    @Test
    public void readsANumber() {
        $Row$ $row$ = new $Row$().append($label$).append($text$);
        assertEquals($amount$, $row$.number(1));
        assertThrows(NumberFormatException.class, () -> $row$.number(0));
    }

    //# a, b = words(2)
    //# glue = choice(["-", "/", " ", "+"])
    //# joined = a + glue + b
    //@ focal join
    @Test
    public void joinsWithAnotherSeparator() {
        $Row$ $row$ = new $Row$().append($a$).append($b$);
        String line = $row$.join($glue$);
        assertNotNull("a line", line);
        assertEquals($joined$, line);
        assertThat(line, containsString($a$));
    }

    //# value = word()
    //# size = integer(2, 20)
    //@ focal append
    @Test
    public void appendWidensTheLine() {
        $Row$ $row$ = new $Row$();
        assertSame($row$, $row$.append($value$));
        while ($row$.width() < $size$) {
            $row$.append("");
        }
        assertEquals($size$, $row$.width());
    }
}
