#pragma once

namespace e2lm {

// Whether this is the build with AddressSanitizer, which keeps freed memory and needs terabytes of
// addresses: limits on memory mean nothing there.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace e2lm
