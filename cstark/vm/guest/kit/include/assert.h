/* assert: halts with exit code 134 and prints where, unless NDEBUG is defined. */

#ifdef __cplusplus
extern "C"
#endif
__attribute__((noreturn)) void cstark_assertion_failed(const char *text, const char *file, int line);

#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) \
    ((condition) ? (void)0 : cstark_assertion_failed(#condition, __FILE__, __LINE__))
#endif

#if !defined(__cplusplus) && !defined(static_assert)
#define static_assert _Static_assert
#endif
