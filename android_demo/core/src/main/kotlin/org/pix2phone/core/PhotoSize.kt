package org.pix2phone.core

private const val BYTES = 8 // of a pixel in memory: the photo and its painted twin, 4 each
private const val SHARE = 2 // of the memory that is left, one part in so many; tiles and strips need the rest

/** By which power of two the sides of a photo are divided so that it can be painted in [free] bytes; 1: as it is. */
fun shrinkingFor(height: Int, width: Int, free: Long): Int {
    var shrinking = 1
    while (height.toLong() / shrinking * (width / shrinking) * BYTES * SHARE > free) shrinking *= 2
    return shrinking
}
