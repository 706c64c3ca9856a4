// A picture of black and white pixels.
//# Bitmap = name("Bitmap", "Picture", "Icon", "Stamp")
//# bitmap = lower(Bitmap)
//# toggle = name("toggle", "flip", "swap", "invert")
//# isOn = name("isOn", "isSet", "isBlack")
//# countOn = name("countOn", "painted", "blackPixels", "onCount")
public class $Bitmap$ {
    private final int width;
    private final int height;
    private final Set<Integer> on = new TreeSet<>();

    public $Bitmap$(int width, int height) {
        this.width = width;
        this.height = height;
    }

    public int pixels() {
        return width * height;
    }

    public boolean contains(int x, int y) {
        return x >= 0 && x < width && y >= 0 && y < height;
    }

    public void $toggle$(int x, int y) {
        int key = y * width + x;
        if (!on.remove(key)) {
            on.add(key);
        }
    }

    public boolean $isOn$(int x, int y) {
        return on.contains(y * width + x);
    }

    public int $countOn$() {
        return on.size();
    }

    public $Bitmap$ paintRow(int y) {
        for (int x = 0; x < width; x++) {
            on.add(y * width + x);
        }
        return this;
    }
}

class $Bitmap$Test {
    //# w = integer(4, 12)
    //# h = integer(4, 12)
    //# x = integer(0, 3)
    //# y = integer(0, 3)
    //@ focal $toggle$
    @Test
    public void $toggle$TwiceChangesNothing() {
        $Bitmap$ $bitmap$ = new $Bitmap$($w$, $h$);
        $bitmap$.$toggle$($x$, $y$);
        assertTrue($bitmap$.$isOn$($x$, $y$));
        $bitmap$.$toggle$($x$, $y$);
        assertFalse($bitmap$.$isOn$($x$, $y$));
    }

    //# w = integer(1, 12)
    //# h = integer(4, 12)
    //# y = integer(0, 3)
    //@ focal paintRow
    @Test
    public void paintRowFillsTheWidth() {
        $Bitmap$ $bitmap$ = new $Bitmap$($w$, $h$);
        $Bitmap$ result = $bitmap$.paintRow($y$);
        assertNotNull(result);
        assertSame($bitmap$, result);
        assertEquals($w$, $bitmap$.$countOn$());
    }

    //# w = integer(1, 12)
    //# h = integer(1, 12)
    //# expected = w * h
    //@ focal pixels
    @Test
    public void testPixels() {
        $Bitmap$ $bitmap$ = new $Bitmap$($w$, $h$);
        assertEquals($expected$, $bitmap$.pixels());
    }

    //# w = integer(2, 20)
    //# h = integer(2, 20)
    //# x = w - 1
    //# y = h - 1
    //# message = choice(["one too far right", "outside", "past the edge"])
    //@ focal contains
    @Test
    public void theEdgeBelongsTo$Bitmap$() {
        $Bitmap$ $bitmap$ = new $Bitmap$($w$, $h$);
        assertTrue($bitmap$.contains(0, $y$));
        assertTrue($bitmap$.contains($x$, 0));
        assertFalse($message$, $bitmap$.contains($w$, 0));
    }
}
