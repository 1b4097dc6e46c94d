/**
 * Logs of rejections as kernels print them, for tests.
 * @module
 */

/** Linux 6.18, a value of a map that may be null. */
export const missingNullCheck = `0: R1=ctx() R10=fp0
; const v = counts.lookup(0); @ counter.ts:8
0: (62) *(u32 *)(r10 -4) = 0          ; R10=fp0 fp-8=0000????
1: (18) r1 = 0xffff8881f3da6c00       ; R1=map_ptr(map=counts,ks=4,vs=8)
3: (bf) r2 = r10                      ; R2=fp0 R10=fp0
4: (07) r2 += -4                      ; R2=fp-4
5: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=counts,ks=4,vs=8)
; v.value += 1n; @ counter.ts:9
6: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

/** Linux 5.10, which shows states in lines of their own; level 2. */
export const olderLog = `func#0 @0
0: R1=ctx(id=0,off=0,imm=0) R10=fp0
0: (b7) r0 = 0
1: R0_w=inv0 R1=ctx(id=0,off=0,imm=0) R10=fp0
1: (15) if r1 == 0x0 goto pc+1
 R0=inv0 R1=ctx(id=0,off=0,imm=0) R10=fp0
2: R0=inv0 R1=ctx(id=0,off=0,imm=0) R10=fp0
2: (05) goto pc+1
4: (95) exit

from 1 to 3: R0=inv0 R1=inv0 R10=fp0
3: (bf) r0 = r9
R9 !read_ok
processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

/** What Linux 7.3 prints, with line information. */
export const structuredLog = `0: R1=ctx() R10=fp0
; v.value += 1n; @ counter.ts:9
0: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'

Verification failed: Register Type Safety: Invalid dereference

Reason:
  R0 may be NULL here (a nullable map value pointer). The program could
  dereference NULL on this path, so the verifier cannot prove this access is
  safe.

At:
  main @ counter.ts:9:3
  Source context:
        8 | const v = counts.lookup(0);
    >>> 9 | v.value += 1n;
          | ^-- error: invalid dereference of R0 (a nullable map value pointer)
  Instruction context:
        5 | (85) call bpf_map_lookup_elem#1
    >>> 6 | (79) r1 = *(u64 *)(r0 +0)

Causal path:
  no retained diagnostic events on this path

Suggestion:
  Add a NULL check before the access and dereference the pointer only on the
  non-NULL path.

processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;
