// Exchange rates by currency code; a rate says how many small units one coin of the currency is worth.
//# Exchange = name("Exchange", "RateTable", "CurrencyDesk", "Converter")
//# exchange = name("exchange", "rates", "desk", "table")
//# setRate = name("setRate", "define", "quote", "update")
//# convert = name("convert", "change", "exchange", "worth")
//# knows = name("knows", "supports", "has")
public class $Exchange$ {
    private final Map<String, Integer> rates = new HashMap<>();

    public Integer $setRate$(String code, int rate) {
        return rates.put(code, rate);
    }

    public boolean $knows$(String code) {
        return rates.containsKey(code);
    }

    public int $convert$(String code, int amount) {
        if (!rates.containsKey(code)) {
            throw new NoSuchElementException(code);
        }
        return amount * rates.get(code);
    }

    public String strongest() {
        return rates.keySet().stream()
                .max(Comparator.comparing(rates::get))
                .orElse(null);
    }
}

class $Exchange$Test {
    //# cur = choice(["EUR", "USD", "GBP", "JPY", "CHF", "SEK", "NOK"])
    //# rate = integer(2, 9)
    //# amount = integer(1, 12)
    //# result = rate * amount
    //@ focal $convert$
    @Test
    public void $convert$MultipliesByTheRate() {
        $Exchange$ $exchange$ = new $Exchange$();
        $exchange$.$setRate$($cur$, $rate$);
        assertTrue($exchange$.$knows$($cur$));
        assertEquals($result$, $exchange$.$convert$($cur$, $amount$));
    }

    //# codes = sample(["EUR", "USD", "GBP", "JPY", "CHF", "SEK", "NOK"], 2)
    //# cur = codes[0]
    //# unknown = codes[1]
    //# rate = integer(2, 9)
    //# amount = integer(1, 20)
    //@ focal $convert$
    @Test
    public void unknownCodesAreRefused() {
        $Exchange$ $exchange$ = new $Exchange$();
        $exchange$.$setRate$($cur$, $rate$);
        assertThrows(NoSuchElementException.class, () -> $exchange$.$convert$($unknown$, $amount$));
    }

    //# cur = choice(["EUR", "USD", "GBP", "JPY", "CHF", "SEK", "NOK"])
    //# before = integer(1, 30)
    //# after = integer(1, 30)
    //# require before != after
    //@ focal $setRate$
    @Test
    public void $setRate$ReturnsTheOldRate() {
        $Exchange$ $exchange$ = new $Exchange$();
        assertNull($exchange$.$setRate$($cur$, $before$));
        Integer old = $exchange$.$setRate$($cur$, $after$);
        assertNotNull(old);
        assertEquals($before$, old.intValue());
    }

    //# codes = sample(["EUR", "USD", "GBP", "JPY", "CHF", "SEK", "NOK"], 2)
    //# low = integer(1, 20)
    //# high = low + integer(1, 20)
    //# weak = codes[0]
    //# strong = codes[1]
    //@ focal strongest
    @Test
    public void testStrongest() {
        $Exchange$ $exchange$ = new $Exchange$();
        $exchange$.$setRate$($weak$, $low$);
        assertEquals($weak$, $exchange$.strongest());
        $exchange$.$setRate$($strong$, $high$);
        assertNotNull($exchange$.strongest());
        assertEquals($strong$, $exchange$.strongest());
    }

    //# codes = sample(["EUR", "USD", "GBP", "JPY", "CHF", "SEK", "NOK"], 2)
    //# cur = codes[0]
    //# other = codes[1]
    //# rate = integer(1, 40)
    //@ focal $knows$
    @Test
    public void $knows$OnlyWhatWasSet() {
        $Exchange$ $exchange$ = new $Exchange$();
        $exchange$.$setRate$($cur$, $rate$);
        assertTrue($exchange$.$knows$($cur$));
        assertFalse($exchange$.$knows$($other$));
    }
}
