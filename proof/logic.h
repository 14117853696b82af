// The words of the contracts.

#ifndef PROOF_LOGIC_H
#define PROOF_LOGIC_H

#include <stddef.h>
#include <stdint.h>

// In bits.mlw and division.mlw.
/*@ axiomatic Powers {
      predicate pow2(integer a) reads \nothing;
      predicate of_8(integer a) reads \nothing;
      predicate of_16(integer a) reads \nothing;
      // The first multiple of `a` that is not below `x`.
      logic integer next_multiple(integer x, integer a) reads \nothing;
    }
    // In flat.mlw.
    axiomatic Flat {
      predicate flat_memory(unsigned char *data, integer capacity) reads \nothing;
    }

    predicate all_are{L}(unsigned char *bytes, integer size, integer value) =
      \forall integer k; 0 <= k < size ==> bytes[k] == value; */

#endif
