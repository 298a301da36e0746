// The one translation unit that holds Beast's own code; see BOOST_BEAST_SEPARATE_COMPILATION.
#include <boost/beast/src.hpp>
