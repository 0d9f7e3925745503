"""What an event can be found by: terms ``name=value``, all values in canonical form.

==========================  ======================================================================================
Term                        Value
==========================  ======================================================================================
``type``                    ``ObjectEvent`` and so on; a type of our own by its name (``OrderPlaced``); else a full URI
``action``                  ``ADD``, ``OBSERVE`` or ``DELETE``
``bizStep``                 full URI (``https://ref.gs1.org/cbv/BizStep-shipping``)
``disposition``             full URI (``https://ref.gs1.org/cbv/Disp-in_transit``)
``persistentDisposition/set``, ``persistentDisposition/unset``  full URI of each
``readPoint``               canonical name
``bizLocation``             canonical name
``parentID``                canonical name
``epcList``, ``childEPCs``, ``inputEPCList``, ``outputEPCList``  canonical name of each object
``quantityList``, ``childQuantityList``, ``inputQuantityList``, ``outputQuantityList``  canonical name of each class or lot
``transformationID``        canonical name
``bizTransaction/<type>``   canonical name; ``<type>`` is a full URI, empty where the event gives none
``source/<type>``           canonical name; ``<type>`` is a full URI
``destination/<type>``      canonical name; ``<type>`` is a full URI
``eventID``                 the hash id, and the id its sender gave where that is another
``sensorType``              full URI of what a sensor report measures
``error``                   ``declared`` for a declaration of error
``errorReason``             full URI of the reason of a declaration
``correctiveEventID``       each id a declaration names
``has``                     name of a top-level field that is there: of EPCIS plain (``ilmd``), any other by its full URI
``field/<uri>``             text, number or truth of a top-level field of an extension, as text
``ilmd/<uri>``              the same of a field of instance or lot master data
==========================  ======================================================================================

The value of a text is what the event says; a number is written as in the hash id, a truth ``true`` or ``false``. A text of
more than 512 bytes gives no term. Fields that name a person give none either.

A quantity class with a serial pattern (``urn:epc:idpat:…``) has the canonical name of its class.
"""
