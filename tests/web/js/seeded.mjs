// Many values for one law, the same in every run: a linear congruential generator, modulus 2^32.

export class Seeded {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  // From low up to, without, high.
  between(low, high) {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return low + (this.#state / 2 ** 32) * (high - low);
  }

  // A whole number from low to high, both possible.
  whole(low, high) {
    return Math.floor(this.between(low, high + 1));
  }

  list(length, make) {
    return Array.from({ length }, (_, i) => make(i));
  }
}

// Call law(random, seed) with `count` generators, each with a start of its own.
export function holds(count, law) {
  for (let seed = 1; seed <= count; seed++) {
    try {
      law(new Seeded(seed * 7919), seed);
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}
