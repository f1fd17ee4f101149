#pragma once

#include <cublasLt.h>

namespace e2lm::cuda {

// cuBLASLt's functions, from the library as it lies on this machine. It is opened when the first
// card is, not when the program starts: finding its place in memory takes 0.15 s and 200 MB, which
// nobody should pay who computes on the processor or only looks at a report.
struct BlasLibrary {
  decltype(&cublasLtCreate) create;
  decltype(&cublasLtDestroy) destroy;
  decltype(&cublasLtGetStatusString) status_string;
  decltype(&cublasLtMatmul) multiply;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic;
  decltype(&cublasLtMatmulAlgoCheck) algorithm_check;
  decltype(&cublasLtMatmulAlgoConfigGetAttribute) algorithm_get;
  decltype(&cublasLtMatmulDescCreate) product_create;
  decltype(&cublasLtMatmulDescDestroy) product_destroy;
  decltype(&cublasLtMatmulDescSetAttribute) product_set;
  decltype(&cublasLtMatrixLayoutCreate) layout_create;
  decltype(&cublasLtMatrixLayoutDestroy) layout_destroy;
  decltype(&cublasLtMatmulPreferenceCreate) preference_create;
  decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy;
  decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set;
};

// Throws Error naming the file if the library of the version this program was built with is not
// found: on the loader's path, or where it lay then.
const BlasLibrary& blas_library();

}  // namespace e2lm::cuda
