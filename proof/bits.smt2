; The facts of bits.mlw, for all numbers of @W@ bits: each question has to be answered by "unsat".
(set-logic QF_BV)
(define-sort Word () (_ BitVec @W@))
(declare-const x Word)
(declare-const y Word)
(declare-const a Word)
(declare-const b Word)
(define-fun zero () Word (_ bv0 @W@))
(define-fun one () Word (_ bv1 @W@))
(define-fun low ((p Word)) Word (bvsub p one))
(define-fun pow2 ((p Word)) Bool (and (not (= p zero)) (= (bvand p (low p)) zero)))
(define-fun top () Word (bvadd (bvudiv (bvnot zero) (_ bv2 @W@)) one))
(assert (and (pow2 a) (pow2 b)))

(push 1) ; pow2_8, pow2_16, pow2_huge
(assert (not (and (pow2 (_ bv8 @W@)) (pow2 (_ bv16 @W@)) (pow2 (_ bv2097152 @W@)))))
(check-sat)
(pop 1)
(push 1) ; pow2_range
(assert (not (and (bvule one a) (bvule a top))))
(check-sat)
(pop 1)
(push 1) ; pow2_next
(assert (not (or (bvule a (_ bv4 @W@)) (= a (_ bv8 @W@)) (= a (_ bv16 @W@)) (bvule (_ bv32 @W@) a))))
(check-sat)
(pop 1)
(push 1) ; pow2_divides
(assert (and (bvule a b) (= (bvand x (low b)) zero) (not (= (bvand x (low a)) zero))))
(check-sat)
(pop 1)
(push 1) ; pow2_up_to_8
(assert (and (bvule a (_ bv8 @W@)) (= (bvand x (_ bv7 @W@)) zero) (not (= (bvand x (low a)) zero))))
(check-sat)
(pop 1)
(push 1) ; pow2_up_to_16
(assert (and (bvule a (_ bv16 @W@)) (= (bvand x (_ bv15 @W@)) zero) (not (= (bvand x (low a)) zero))))
(check-sat)
(pop 1)
(push 1) ; pow2_over_8
(assert (and (bvuge a (_ bv8 @W@)) (= (bvand x (low a)) zero) (not (= (bvand x (_ bv7 @W@)) zero))))
(check-sat)
(pop 1)
(push 1) ; pow2_over_16
(assert (and (bvuge a (_ bv16 @W@)) (= (bvand x (low a)) zero) (not (= (bvand x (_ bv15 @W@)) zero))))
(check-sat)
(pop 1)
(push 1) ; pow2_of_16
(assert (and (bvuge a (_ bv16 @W@)) (not (= (bvand a (_ bv15 @W@)) zero))))
(check-sat)
(pop 1)
(push 1) ; land_below, land_comm
(assert (not (and (bvule (bvand x y) x) (bvule (bvand x y) y) (= (bvand x y) (bvand y x)))))
(check-sat)
(pop 1)
(push 1) ; low_bits
(assert (not (= (bvand x (low a)) (bvurem x a))))
(check-sat)
(pop 1)
(push 1) ; high_bits_word, high_bits_half
(assert (not (= (bvand x (bvneg a)) (bvsub x (bvand x (low a))))))
(check-sat)
(pop 1)
(push 1) ; bit_8
(assert (and (= (bvand x (_ bv7 @W@)) zero)
             (not (= (bvand (bvadd x (bvand x (_ bv8 @W@))) (_ bv15 @W@)) zero))))
(check-sat)
(pop 1)
(push 1) ; bit_8, of all numbers
(assert (not (or (= (bvand x (_ bv8 @W@)) zero) (= (bvand x (_ bv8 @W@)) (_ bv8 @W@)))))
(check-sat)
(pop 1)
(push 1) ; down_8, down_8_half
(assert (not (= (bvand x (bvnot (_ bv7 @W@))) (bvsub x (bvand x (_ bv7 @W@))))))
(check-sat)
(pop 1)
(push 1) ; land_word, land_half
(assert (not (= (bvand x (bvnot zero)) x)))
(check-sat)
