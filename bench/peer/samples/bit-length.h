/* The number of bits a value has: 0 for 0, 1 for 1, 2 for 2 and 3… */
#pragma once

static __always_inline __u32 bit_length(__u32 value)
{
	__u32 shift, bits;

	if (value == 0)
		return 0;
	bits = (value > 0xffff) << 4;
	value >>= bits;
	shift = (value > 0xff) << 3;
	value >>= shift;
	bits |= shift;
	shift = (value > 0xf) << 2;
	value >>= shift;
	bits |= shift;
	shift = (value > 0x3) << 1;
	value >>= shift;
	bits |= shift;
	bits |= value >> 1;
	return bits + 1;
}
