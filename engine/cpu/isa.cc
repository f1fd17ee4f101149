#include "engine/cpu/isa.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>

#include "base/error.h"

namespace e2lm::cpu {
namespace {

Isa isa_named(const std::string& name) {
  if (name == "portable") return Isa::portable;
  if (name == "avx2") return Isa::avx2;
  if (name == "avx512") return Isa::avx512;
  throw Error("E2LM_ISA", "'" + name + "' is unknown", "portable, avx2 or avx512");
}

// Whether oneDNN generates code for it: ONEDNN_MAX_CPU_ISA can forbid what the processor has.
bool onednn_has(dnnl::cpu_isa isa) {
  const auto wanted = static_cast<unsigned>(isa);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & wanted) == wanted;
}

}  // namespace

bool has_isa(Isa isa) {
  if (isa == Isa::portable) return true;
#if defined(__x86_64__)
  if (isa == Isa::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

bool has_bfloat16_products() {
#if defined(__x86_64__)
  return has_isa(Isa::avx512) && __builtin_cpu_supports("avx512bf16") &&
         onednn_has(dnnl::cpu_isa::avx512_core_bf16);
#else
  return false;
#endif
}

bool has_fast_bfloat16_products() {
#if defined(__x86_64__)
  return has_bfloat16_products() && (has_amx() || __builtin_cpu_is("amd"));
#else
  return false;
#endif
}

bool has_amx() {
#if defined(__x86_64__)
  static const bool kHas = [] {
    if (!has_bfloat16_products() || !onednn_has(dnnl::cpu_isa::avx512_core_amx)) return false;
    // Linux keeps the registers' contents, 8 KiB a thread, only for processes that ask.
    constexpr long kAskForState = 0x1023,
                   kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return ::syscall(SYS_arch_prctl, kAskForState, kTileData) == 0;
  }();
  return kHas;
#else
  return false;
#endif
}

Isa choose_isa() {
  if (const char* name = std::getenv("E2LM_ISA")) {
    const Isa isa = isa_named(name);
    if (!has_isa(isa)) throw Error("E2LM_ISA", "this processor has no " + std::string(name));
    return isa;
  }
  if (has_isa(Isa::avx512)) return Isa::avx512;
  return has_isa(Isa::avx2) ? Isa::avx2 : Isa::portable;
}

}  // namespace e2lm::cpu
