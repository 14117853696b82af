// The words of the contracts.

#ifndef PROOF_LOGIC_H
#define PROOF_LOGIC_H

#include <stddef.h>
#include <stdint.h>

// In bits.mlw.
/*@ axiomatic Powers {
      predicate pow2(integer a) reads \nothing;
      predicate of_8(integer a) reads \nothing;
      predicate of_16(integer a) reads \nothing;
    } */

#endif
