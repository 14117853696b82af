#ifndef LOGIC_H
#define LOGIC_H
#include <stddef.h>
#include <stdint.h>
/*@ axiomatic Bits { predicate pow2(integer a) reads \nothing; }
*/
#endif
